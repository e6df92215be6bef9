import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AdminController } from './admin/admin.controller.js';
import { AuditController } from './audit/audit.controller.js';
import { BucketsController } from './buckets/buckets.controller.js';
import { PublicKeys } from './buckets/public-keys.js';
import { JobsetBuildsController } from './build-lists/jobset-builds.controller.js';
import { ProjectBuildsController } from './build-lists/project-builds.controller.js';
import { BuildOrders } from './builds/build-orders.js';
import { AllBuildsController } from './builds/all.controller.js';
import { BuildsController } from './builds/builds.controller.js';
import { WhyController } from './builds/why.controller.js';
import { ACT_HANDLERS } from './commands/acts.js';
import { Commander } from './commands/commander.js';
import { SuppressedRefusals } from './commands/refusals.js';
import { ContentsController } from './contents/contents.controller.js';
import { DashboardController } from './dashboard/dashboard.controller.js';
import { EvaluationCommandsController } from './evaluations/evaluation-commands.controller.js';
import { EvalsController } from './evaluations/evals.controller.js';
import { EvaluationsController } from './evaluations/evaluations.controller.js';
import { ReleaseController } from './evaluations/release.controller.js';
import { HealthController } from './health/health.controller.js';
import { Visitors } from './http/visitors.js';
import { InsightsController } from './insights/insights.controller.js';
import { InsightsFinder } from './insights/insights.js';
import { JobSeriesController } from './jobs/job-series.controller.js';
import { JobsController } from './jobs/jobs.controller.js';
import { JobsetCommandsController } from './jobsets/jobset-commands.controller.js';
import { JobsetFormsController } from './jobsets/jobset-forms.controller.js';
import { JobsetPartsController } from './jobsets/jobset-parts.controller.js';
import { JobsetOrders } from './jobsets/jobset-orders.js';
import { JobsetsController } from './jobsets/jobsets.controller.js';
import { Changes } from './live/changes.js';
import { Streams } from './live/streams.js';
import { LiveController } from './live/live.controller.js';
import { LogFinder } from './logs/log-finder.js';
import { LogWindows } from './logs/log-window.js';
import { LogsController } from './logs/logs.controller.js';
import { MachinesController } from './machines/machines.controller.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { RequestMetrics } from './metrics/request-metrics.js';
import { Moments } from './moments/moments.js';
import { NewsController } from './news/news.controller.js';
import { Noticeboard } from './news/noticeboard.js';
import { OpenApiController } from './openapi/openapi.controller.js';
import { OverviewController } from './overview/overview.controller.js';
import { ProjectFormsController } from './projects/project-forms.controller.js';
import { HalfRenames } from './projects/half-renames.js';
import { ProjectOrders } from './projects/project-orders.js';
import { ProjectsController } from './projects/projects.controller.js';
import { CaughtUp } from './queries/caught-up.js';
import { Reader, ReadModelQueryHandler } from './queries/reader.js';
import { Users } from './queries/users.js';
import { QueueController } from './queue/queue.controller.js';
import { PushController } from './rest/push.controller.js';
import { ReleasesController } from './releases/releases.controller.js';
import { DownloadsController } from './downloads/downloads.controller.js';
import { ReproduceController } from './reproduce/reproduce.controller.js';
import { RestController } from './rest/rest.controller.js';
import { SchedulerController } from './scheduler/scheduler.controller.js';
import { QueueRunner } from './scheduler/queue-runner.js';
import { UsageDay } from './scheduler/usage-day.js';
import { WhatIfController } from './scheduler/what-if/what-if.controller.js';
import { SearchController } from './search/search.controller.js';
import { FarmState } from './system/farm-state.js';
import { SystemController } from './system/system.controller.js';
import { DependenciesController } from './store/dependencies.controller.js';
import { BinaryCacheController } from './store/binary-cache.controller.js';
import { Channels } from './channels/channels.js';
import { ChannelsController } from './channels/channels.controller.js';
import { LocalStore } from './store/local-store.js';
import { NarInfos } from './store/nar-infos.js';
import { OutputsController } from './store/outputs.controller.js';
import { StepsController } from './steps/steps.controller.js';
import { Evaluator } from './scm/evaluator.js';
import { ScmController } from './scm/scm.controller.js';
import { SessionController } from './session/session.controller.js';
import { type ApiDependencies, DEPENDENCIES } from './tokens.js';
import { AccountOrders } from './users/accounts.js';
import { DeletionController } from './users/deletion.controller.js';
import { SecretsController } from './users/secrets.controller.js';
import { WebhooksController } from './webhooks/webhooks.controller.js';
import { UsersController } from './users/users.controller.js';

/** The API: controllers translate, the two buses carry. */
@Module({})
export class AppModule {
  static with(deps: ApiDependencies): DynamicModule {
    return {
      module: AppModule,
      imports: [CqrsModule.forRoot()],
      controllers: [
        OverviewController,
        OpenApiController,
        SessionController,
        UsersController,
        AuditController,
        AdminController,
        NewsController,
        SecretsController,
        DeletionController,
        ProjectsController,
        ProjectFormsController,
        JobsetFormsController,
        JobsetsController,
        JobsetPartsController,
        JobsetCommandsController,
        EvaluationsController,
        EvalsController,
        EvaluationCommandsController,
        ReleaseController,
        ReleasesController,
        LogsController,
        BuildsController,
        StepsController,
        AllBuildsController,
        ReproduceController,
        DownloadsController,
        ContentsController,
        OutputsController,
        BinaryCacheController,
        ChannelsController,
        DependenciesController,
        BucketsController,
        JobsController,
        JobSeriesController,
        JobsetBuildsController,
        ProjectBuildsController,
        DashboardController,
        WhyController,
        QueueController,
        SchedulerController,
        WhatIfController,
        MachinesController,
        RestController,
        PushController,
        WebhooksController,
        ScmController,
        SearchController,
        LiveController,
        HealthController,
        MetricsController,
        SystemController,
        InsightsController,
      ],
      providers: [
        { provide: DEPENDENCIES, useValue: deps },
        { provide: Visitors, useFactory: () => new Visitors(deps) },
        ...ACT_HANDLERS,
        ReadModelQueryHandler,
        Reader,
        Users,
        Moments,
        CaughtUp,
        Commander,
        SuppressedRefusals,
        AccountOrders,
        ProjectOrders,
        HalfRenames,
        JobsetOrders,
        BuildOrders,
        Changes,
        Streams,
        LogFinder,
        LogWindows,
        LocalStore,
        NarInfos,
        Channels,
        QueueRunner,
        Evaluator,
        UsageDay,
        PublicKeys,
        Noticeboard,
        RequestMetrics,
        FarmState,
        InsightsFinder,
      ],
    };
  }
}
