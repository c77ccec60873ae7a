// The official Connect client, in each form it speaks, finds its way through
// the services: good answers, failures with their code and reason.
import { ConnectError, Code } from '@connectrpc/connect';
import { bearer, clients } from './kit/clients.mjs';
import { is, main, ok, startSite, tokenOf } from '../web/kit/site.mjs';

async function failure(promise) {
	try {
		await promise;
	} catch (error) {
		return ConnectError.from(error);
	}
	return null;
}

await main(async () => {
	const site = await startSite();
	try {
		for (const form of ['connect', 'connect-json', 'grpc-web']) {
			const owner = clients(site.base, form, bearer(tokenOf('owner@acme')));
			const nobody = clients(site.base, form);
			is((await nobody.HealthService.check({})).status, 'ok', `${form}: health`);
			const me = await owner.UserService.getMe({});
			is([me.user.email, me.company.name], ['owner@acme.example', 'Acme'], `${form}: a good answer`);
			is((await failure(nobody.UserService.getMe({})))?.code, Code.Unauthenticated, `${form}: without session`);
			const missing = await failure(owner.TeamService.getTeam({ teamId: 'ffffffff-0000-4000-8000-000000000000' }));
			is(missing?.code, Code.NotFound, `${form}: the code of a failure`);
			is(missing?.metadata.get('mirai-error-code'), 'TEAM_NOT_FOUND', `${form}: its reason`);
			const bad = await failure(owner.TeamService.createTeam({ name: '' }));
			is(bad?.code, Code.InvalidArgument, `${form}: a bad field`);
			ok(bad?.rawMessage.startsWith('name '), `${form}: which is named`);
		}
	} finally {
		site.stop();
	}
});
