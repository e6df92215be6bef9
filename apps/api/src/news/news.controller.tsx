import { Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { NewsPosted } from '#domain';
import { commandAnswer, Commander, isDryRun } from '../commands/commander.js';
import type { Answer } from '../http/answer.js';
import { By, commandDoor, door, Input, type Through, withForm } from '../http/door.js';
import { seconds } from '../http/hydra.js';
import type { Incoming } from '../http/incoming.js';
import { permit } from '../http/permissions.js';
import { notFound } from '../http/problem.js';
import { idParam, text } from '../http/text.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { AccountOrders } from '../users/accounts.js';
import { MAX_NEWS, postForm, takeDownForm } from './news-forms.js';
import { NewsPage } from './news.page.js';
import { Noticeboard } from './noticeboard.js';

const listDoor = door({});
const postDoor = withForm(
  commandDoor({
    body: { contents: text(MAX_NEWS).refine((contents) => contents.trim() !== '', 'must not be empty') },
  }),
  postForm,
);
const deleteDoor = withForm(commandDoor({ params: { id: idParam } }), takeDownForm);
/** Its events stand in the stream of who keeps it, whose revision says nothing of it: that grows with whatever they do or are refused. */
const NO_REVISION = 'news has no revision';

/** What everybody is told on the overview. Who posts and who takes down is an event; the text is in none. */
@Controller('admin/news')
export class NewsController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'accounts'>,
    @Inject(Noticeboard) private readonly noticeboard: Noticeboard,
    @Inject(AccountOrders) private readonly orders: AccountOrders,
    @Inject(Commander) private readonly commander: Commander,
  ) {}

  @Get()
  @By(listDoor)
  async list(@Req() { visitor }: Incoming): Promise<Answer> {
    permit('manage-news', visitor);
    const news = await this.noticeboard.all();
    return {
      json: () =>
        news.map(({ id, contents, author, createdAtMs }) => ({
          id,
          contents,
          author,
          createtime: seconds(createdAtMs),
        })),
      html: (page) => <NewsPage page={page} news={news} />,
    };
  }

  @Post('submit')
  @HttpCode(201)
  @By(postDoor)
  async submit(@Input() { body }: Through<typeof postDoor>, @Req() request: Incoming): Promise<Answer> {
    const role = permit('manage-news', request.visitor);
    this.commander.checkUnguarded(request, NO_REVISION);
    const author = request.visitor.user!;
    // A dry run takes no number from the sequence.
    const data = { newsId: isDryRun(request) ? 0 : await this.deps.accounts.nextNewsId() };
    const posted = await this.orders.command(request, author, role, { type: 'PostNews', data });
    if (posted.dryRun) return commandAnswer(posted, '/admin/news');
    // By an idempotency key that was used before, this is the event of the first time.
    const { newsId: id } = (posted.events[0] as unknown as NewsPosted).data;
    await this.deps.accounts.postNews({ id, contents: body.contents, authorId: author.id });
    return { status: 201, ...commandAnswer(posted, '/admin/news') };
  }

  @Post('delete/:id')
  @HttpCode(200)
  @By(deleteDoor)
  async remove(@Input() { params: { id } }: Through<typeof deleteDoor>, @Req() request: Incoming): Promise<Answer> {
    const role = permit('manage-news', request.visitor);
    this.commander.checkUnguarded(request, NO_REVISION);
    const [exists] = await this.commander.choose(request, 'news', async () => [
      { yes: await this.deps.accounts.hasNews(id) },
    ]);
    if (!exists?.yes) throw notFound('such news', 'id');
    const command = { type: 'DeleteNews', data: { newsId: id } } as const;
    const deleted = await this.orders.command(request, request.visitor.user!, role, command);
    if (!deleted.dryRun) await this.deps.accounts.deleteNews(id);
    return commandAnswer(deleted, '/admin/news');
  }
}
